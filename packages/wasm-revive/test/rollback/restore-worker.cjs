// Run as a process of its own: begins with a state that another one has saved, and says what is there.
const { readFileSync } = require('node:fs');

const [, , entry, file] = process.argv;
const module_ = require(entry);
module_.bump_static();
module_.__revive.restore(new Uint8Array(readFileSync(file)));
const answers = [module_.bump_static(), module_.recall('key'), module_.recall('large')?.length, module_.add(1, 2)];
let code;
try {
  module_.fail('abort');
} catch (error) {
  code = error.code;
}
answers.push(code, module_.bump_static(), new module_.Counter(3).inc());
module_.ready(1).then((two) => process.stdout.write(JSON.stringify([...answers, two])));
