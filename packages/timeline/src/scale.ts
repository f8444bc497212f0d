/** The part of a timeline that is shown, and where. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** The place of `from`, and how much room there is up to `to`. */
  readonly left: number;
  readonly width: number;
}

export function place({ from, to, left, width }: Scale, at: number): number {
  return left + ((at - from) / (to - from)) * width;
}

/** Round times for an axis, at least `room` apart. */
export function ticks({ from, to, width }: Scale, room: number): number[] {
  const least = ((to - from) / width) * room;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least) ?? 10 * power;
  const found: number[] = [];
  for (let n = Math.ceil(from / step); n * step <= to && found.length < 200; n++) found.push(n * step);
  return found;
}

/** A time on an axis with this much between two of its ticks: as many digits as tell them apart. */
export function tickText(at: number, step: number): string {
  const [unit, factor] = step >= 1000 ? ['s', 1000] : step >= 1 ? ['ms', 1] : ['µs', 0.001];
  const digits = Math.max(0, -Math.floor(Math.log10(step / factor) + 1e-9));
  // Far from the start, the smaller unit would take too many digits.
  const whole = unit === 'µs' && at >= 100 ? ['ms', 1, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))] : [unit, factor, digits];
  return `${(at / (whole[1] as number)).toFixed(whole[2] as number)} ${whole[0]}`;
}
