import { expect } from 'vitest'
import { KeelsonError, ShutdownError, StartError } from '../index.js'

/** What `work` rejected with. Call it in the turn in which the work begins, so that no rejection goes unhandled. */
export function rejection(work: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(work).then(
    (value) => expect.unreachable(`resolved to ${String(value)}, and should have rejected`),
    (error: unknown) => error,
  )
}

/** The StartError that a start rejected with. */
export async function startError(start: PromiseLike<unknown>): Promise<StartError> {
  return expected(await rejection(start), StartError)
}

/** The ShutdownError that a shutdown rejected with. */
export async function shutdownError(shutdown: PromiseLike<unknown>): Promise<ShutdownError> {
  return expected(await rejection(shutdown), ShutdownError)
}

/** The KeelsonError that `act` threw. */
export function keelsonError(act: () => unknown): KeelsonError {
  try {
    act()
  } catch (error) {
    return expected(error, KeelsonError)
  }
  return expect.unreachable('nothing was thrown')
}

function expected<E extends abstract new (...args: never[]) => Error>(error: unknown, type: E): InstanceType<E> {
  if (error instanceof type) return error as InstanceType<E>
  throw error
}
