import { styleText } from 'node:util';

/** Whether the output takes colours: a terminal that nobody asked to be plain. */
export const hasColours: boolean = process.stdout.isTTY === true && !process.env.NO_COLOR;

/** Text in a colour, on a terminal that has them. */
export function colour(format: 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold', text: string): string {
  return hasColours ? styleText(format, text) : text;
}
