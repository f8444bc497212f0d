/* tslint:disable */
/* eslint-disable */
/**
 * Greets.
 */
export function greet(name: string): string;
/**
 * How often `greet` was called.
 */
export function calls(): number;
/**
 * Its name is a word that JavaScript keeps for itself.
 */
export function _delete(): number;
/**
 * Gives what the text says, or throws what JavaScript throws.
 */
export function parsed(text: string): any;
/**
 * Calls back.
 */
export function twice(callback: any): any;
/**
 * Aborts.
 */
export function abort(): void;
/**
 * A mood.
 */
export enum Mood {
  /**
   * Good.
   */
  Glad = 0,
  /**
   * Bad.
   */
  Sad = 1,
}
/**
 * Counts.
 */
export class Counter {
  free(): void;
  /**
   * Counts one up.
   */
  inc(): number;
  /**
   * Starts at a number.
   */
  constructor(count: number);
  /**
   * A closure that counts up.
   */
  closure(): any;
  /**
   * How it is.
   */
  mood: Mood;
}
