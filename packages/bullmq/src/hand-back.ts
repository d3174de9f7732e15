import { wallClock } from './time.js'

/** The members of a BullMQ Job that are used. */
export interface JobLike {
  readonly id?: string | undefined
  /** Missing in early versions of BullMQ 5. */
  moveToWait?(token: string): Promise<unknown>
  moveToDelayed(timestamp: number, token: string): Promise<unknown>
}

/** How long a job waits whose processor goes on although its signal has aborted, in ms: by then its process has ended. */
const UNTIL_IT_IS_GONE = 5_000

/** What a processor throws to tell BullMQ what becomes of its job; and that no other attempt would help. */
const CONTROL = ['DelayedError', 'WaitingError', 'WaitingChildrenError', 'RateLimitError', 'UnrecoverableError']

/** Such an error is an answer, not a sign that the job was interrupted. */
export function isControl(error: unknown): boolean {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown }
  return CONTROL.includes(String(name)) || message === 'bullmq:rateLimitExceeded'
}

/** Back to where it came from, as the next one. It counts as no attempt and as no stall. */
export async function moveBack(job: JobLike, token: string): Promise<void> {
  if (typeof job.moveToWait === 'function') await job.moveToWait(token)
  else await job.moveToDelayed(wallClock(), token)
}

/** To those that are delayed: another worker must not have it while its processor goes on. */
export async function moveLater(job: JobLike, token: string): Promise<void> {
  await job.moveToDelayed(wallClock() + UNTIL_IT_IS_GONE, token)
}
