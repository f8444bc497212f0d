// As much of WebAssembly and of DWARF 4 as n05.mjs needs: where functions begin, and where their debug information says that they do.

function reader(bytes, start = 0) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const step = (size, value) => {
    at += size;
    return value;
  };
  const leb = () => {
    let [value, shift, byte] = [0, 1, 0];
    do {
      byte = bytes[at++];
      value += (byte & 127) * shift;
      shift *= 128;
    } while (byte & 128);
    return value;
  };
  return {
    at: () => at,
    isAtEnd: () => at >= bytes.length,
    u8: () => step(1, view.getUint8(at)),
    u16: () => step(2, view.getUint16(at, true)),
    u32: () => step(4, view.getUint32(at, true)),
    leb,
    skip: (size) => step(size),
    text() {
      const end = bytes.indexOf(0, at);
      return step(end + 1 - at, new TextDecoder().decode(bytes.subarray(at, end)));
    },
  };
}

/** The sections of a wasm file by name: the custom ones, and `code`. */
export function sections(wasm) {
  const found = {};
  const all = reader(wasm, 8);
  while (!all.isAtEnd()) {
    const id = all.u8();
    const size = all.leb();
    const contents = wasm.subarray(all.at(), all.at() + size);
    all.skip(size);
    if (id === 10) found.code = contents;
    if (id !== 0) continue;
    const named = reader(contents);
    const length = named.leb();
    const name = new TextDecoder().decode(contents.subarray(named.at(), named.at() + length));
    found[name] = contents.subarray(named.at() + length);
  }
  return found;
}

/** Where the bodies of functions begin, from the start of the code section: in front of the size of each, and behind it. */
export function bodies(code) {
  const all = reader(code);
  return Array.from({ length: all.leb() }, () => {
    const withSize = all.at();
    const size = all.leb();
    const body = all.at();
    all.skip(size);
    return { withSize, body };
  });
}

const [SUBPROGRAM, LOW_PC] = [0x2e, 0x11];
const ADDRESS = 0x01;

/** `DW_AT_low_pc` of all functions (`DW_TAG_subprogram`). */
export function functionStarts({ '.debug_info': info, '.debug_abbrev': abbrev }) {
  const starts = [];
  const all = reader(info);
  while (!all.isAtEnd()) {
    const end = all.u32() + all.at();
    const version = all.u16();
    if (version !== 4) throw new Error(`DWARF ${version} in place of DWARF 4.`);
    const shapes = abbreviations(abbrev, all.u32());
    all.u8();
    while (all.at() < end) {
      const shape = shapes.get(all.leb());
      if (shape === undefined) continue;
      for (const [name, form] of shape.attributes) {
        const value = read(all, form);
        // Of functions that the linker has left out it is 0, or all ones.
        if (shape.tag === SUBPROGRAM && name === LOW_PC && form === ADDRESS && value !== 0 && value < 0xfffffffe) starts.push(value);
      }
    }
  }
  return starts;
}

function abbreviations(bytes, offset) {
  const shapes = new Map();
  const all = reader(bytes, offset);
  for (let code = all.leb(); code !== 0; code = all.leb()) {
    const tag = all.leb();
    all.u8();
    const attributes = [];
    for (let [name, form] = [all.leb(), all.leb()]; name !== 0 || form !== 0; [name, form] = [all.leb(), all.leb()])
      attributes.push([name, form]);
    shapes.set(code, { tag, attributes });
  }
  return shapes;
}

/** An attribute's value; undefined for those of no interest here. */
function read(all, form) {
  switch (form) {
    case ADDRESS:
      return all.u32();
    case 0x0b: // data1
    case 0x0c: // flag
    case 0x11: // ref1
      return all.u8();
    case 0x05: // data2
    case 0x12: // ref2
      return all.u16();
    case 0x06: // data4
    case 0x0e: // strp
    case 0x10: // ref_addr
    case 0x13: // ref4
    case 0x17: // sec_offset
      return all.u32();
    case 0x07: // data8
    case 0x14: // ref8
    case 0x20: // ref_sig8
      return all.skip(8);
    case 0x08: // string
      return all.text();
    case 0x0d: // sdata
    case 0x0f: // udata
    case 0x15: // ref_udata
      return all.leb();
    case 0x0a: // block1
      return all.skip(all.u8());
    case 0x09: // block
    case 0x18: // exprloc
      return all.skip(all.leb());
    case 0x19: // flag_present
      return undefined;
    default:
      throw new Error(`An attribute of the form 0x${form.toString(16)}.`);
  }
}
