import { EventEmitter, once } from 'node:events'
import { resource } from '@keelson/kernel'

export interface Job {
  readonly id: number
  readonly ms: number
}

/** Stands for a queue on another machine: jobs wait in it, and are taken one after the other. */
class Queue {
  readonly done: number[] = []
  readonly #waiting: Job[] = []
  readonly #added = new EventEmitter()
  #last = 0

  add(ms: number): Job {
    const job = { id: ++this.#last, ms }
    this.#waiting.push(job)
    this.#added.emit('job')
    return job
  }

  /** Ends when the signal aborts. What has not been taken by then stays in the queue. */
  async *jobs(signal: AbortSignal): AsyncGenerator<Job> {
    while (!signal.aborted) {
      const job = this.#waiting.shift()
      if (job !== undefined) yield job
      else await once(this.#added, 'job', { signal }).catch(() => {})
    }
  }
}

export const queue = resource('queue', { start: () => new Queue() })
