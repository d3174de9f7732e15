import type { ResourceState } from '../../index.js'

/** One start of a resource, from the call of its hook until its value is released. */
export interface Used {
  readonly resource: number
  readonly needs: readonly Used[]
  phase: 'starting' | 'made' | 'stopping' | 'released' | 'never'
  /** Of the start hook, then of the stop hook. */
  signal: AbortSignal
  /** Its teardown has begun: a drain or a stop was called. */
  ending: boolean
  /** Its value came after its start had been given up. */
  late: boolean
}

/** Watches the hooks of random actors, and notes what must never be. */
export class Witness {
  readonly violations: string[] = []
  /** By the name of the resource, and of its rotation. */
  readonly states = new Map<string, ResourceState>()
  readonly #lives: Used[] = []
  readonly #upTo: () => string

  constructor(kernelState: () => string) {
    this.#upTo = kernelState
  }

  note(violation: string): void {
    this.violations.push(violation)
  }

  starts(life: Used, missing: readonly number[]): void {
    const { resource } = life
    const state = this.#upTo()
    if (!['starting', 'running', 'failed'].includes(state)) this.note(`r${resource} starts while the kernel is ${state}`)
    for (const to of missing) this.note(`r${resource} starts without r${to}, which it requires`)
    for (const needed of life.needs) {
      if (needed.phase !== 'made' || needed.ending)
        this.note(`r${resource} starts with a r${needed.resource} that is ${needed.phase}`)
    }
    for (const other of this.#lives) {
      const rotates = !['idle', 'stopped'].includes(this.states.get(`r${resource} (rotation)`) ?? 'idle')
      if (other.resource === resource && !other.late && !rotates && this.#inUse(other)) this.note(`r${resource} starts twice`)
    }
    this.#lives.push(life)
  }

  /** Its drain or its stop is called. */
  ends(life: Used, hook: 'drain' | 'stop'): void {
    life.ending = true
    for (const other of this.#lives) {
      if (other.needs.includes(life) && this.#inUse(other)) {
        this.note(`${hook} of r${life.resource} while r${other.resource}, which holds its value, is ${other.phase}`)
      }
    }
    if (hook === 'drain') return
    if (life.phase !== 'made') this.note(`stop of r${life.resource}, which is ${life.phase}`)
  }

  /** Everything is said to be stopped. */
  rests(when: string): void {
    for (const life of this.#lives) {
      if (
        life.phase === 'made' &&
        this.states.get(`r${life.resource}`) !== 'failed' &&
        this.states.get(`r${life.resource} (rotation)`) !== 'failed'
      ) {
        this.note(`${when}: r${life.resource} was never stopped`)
      } else if (!life.late && this.#inUse(life)) this.note(`${when}: r${life.resource} is ${life.phase}`)
    }
  }

  /** Whether nobody has given it up. */
  #inUse({ phase, signal, resource }: Used): boolean {
    if (phase === 'starting' || phase === 'stopping') return !signal.aborted
    return phase === 'made' && (this.#isUp(`r${resource}`) || this.#isUp(`r${resource} (rotation)`))
  }

  #isUp(name: string): boolean {
    return ['starting', 'running', 'draining', 'stopping'].includes(this.states.get(name) ?? '')
  }
}
