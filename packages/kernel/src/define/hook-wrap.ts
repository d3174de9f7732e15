import type { Phase } from '../words.js'

/** A hook of a resource that is called. */
export interface HookCall {
  readonly resource: string
  readonly phase: Phase
}

/** Calls a hook, once and at once, and returns what that returns; what it throws is thrown on. */
export type HookWrap = <R>(call: HookCall, hook: () => R) => R
