import type { Kernel } from '@keelson/kernel'
import type { Board } from '../collect/board.js'
import { durationText } from '../collect/durations.js'
import type { ActionAnswer, ActionRequest } from '../protocol.js'
import { clearTimeout, now, setTimeout } from '../time.js'

/** More than these do not go on at once. */
const MOST = 8
/** In ms, less than connections are kept on which nothing moves: what takes longer goes on, and is seen on the page. */
const PATIENCE = 8_000
/** In characters. */
const LONGEST_REASON = 200

/** What may be asked for, and how it ends. */
export class Actions {
  readonly #kernel: Kernel
  readonly #board: Board
  #open = 0

  constructor(kernel: Kernel, board: Board) {
    this.#kernel = kernel
    this.#board = board
  }

  /** Does it, and says what came of it. Never rejects. */
  async perform(body: string): Promise<ActionAnswer> {
    const request = requestIn(body)
    if (request === undefined) return { ok: false, text: 'there is no such action' }
    if (this.#open >= MOST) return { ok: false, text: `${MOST} actions go on already; wait for one of them` }
    this.#open++
    const work = this.#do(request).finally(() => {
      this.#open--
    })
    return withinPatience(work, `it goes on: it has taken longer than ${durationText(PATIENCE)}`).catch((error: unknown) => ({
      ok: false,
      text: this.#board.texts.ofError(error),
    }))
  }

  async #do(request: ActionRequest): Promise<ActionAnswer> {
    switch (request.action) {
      case 'cordon':
        return this.#cordon(request.reason)
      case 'uncordon':
        this.#note('uncordon')
        this.#kernel.uncordon()
        return done(`${this.#name} is in rotation`)
      case 'shutdown':
        return this.#shutdown(request.confirm)
      case 'panel':
        return this.#act(request)
      default:
        return this.#ofResource(request.action, request.resource)
    }
  }

  async #ofResource(action: 'check' | 'restart' | 'rotate', name: string): Promise<ActionAnswer> {
    const resource = this.#board.find(name)
    if (resource === undefined)
      return refused(`there is no resource ${this.#board.texts.shown(name)}, or several that look the same`)
    this.#note(action, name)
    const began = now()
    if (action === 'check') {
      const [result] = await this.#kernel.check(resource)
      if (result === undefined) return refused(`${name} has no check`)
      if (!result.ok) return refused(`${name} failed its check: ${this.#board.texts.shown(result.error ?? 'it says no more')}`)
      return done(`${name} passed its check in ${durationText(result.durationMs)}`)
    }
    await this.#kernel[action](resource)
    return done(`${name} was ${action === 'restart' ? 'restarted' : 'rotated'} in ${durationText(now() - began)}`)
  }

  #cordon(given: string): ActionAnswer {
    const reason = given.trim()
    if (reason === '' || reason.length > LONGEST_REASON)
      return refused(`say why, in at most ${LONGEST_REASON} characters: the probe and the page show it`)
    this.#note('cordon')
    this.#kernel.cordon(reason)
    return done(`${this.#name} is out of rotation, until it is uncordoned`)
  }

  #shutdown(confirm: string): ActionAnswer {
    if (confirm !== this.#name) return refused(`to confirm it, give the name of the kernel: ${this.#name}`)
    this.#note('shutdown')
    // How it ends, and what goes wrong in it, is told to who runs the kernel.
    this.#kernel.shutdown('asked for in the inspector').catch(() => {})
    return done(`${this.#name} shuts down`)
  }

  async #act({ resource, title, row, id }: Extract<ActionRequest, { action: 'panel' }>): Promise<ActionAnswer> {
    const offer = this.#board.panels.offer(resource, title, row, id)
    if (offer?.panel.act === undefined) return refused(`${this.#board.texts.shown(title)} does not offer this any more`)
    this.#note(`${offer.action} of ${offer.row}`, resource)
    return done(this.#board.texts.shown(String(await offer.panel.act(offer.action, offer.row))))
  }

  get #name(): string {
    return this.#board.texts.shown(this.#kernel.name)
  }

  /** Everybody who looks sees that somebody did it. */
  #note(what: string, resource?: string): void {
    const text = this.#board.texts.shown(`${resource === undefined ? '' : `${resource}: `}${what}, asked for in the inspector`)
    this.#board.recorder.note('inspector:action', now(), { ...(resource !== undefined && { resource }), tone: 'busy', text })
  }
}

function done(text: string): ActionAnswer {
  return { ok: true, text }
}

function refused(text: string): ActionAnswer {
  return { ok: false, text }
}

/** Which texts each has. */
const FIELDS: { readonly [K in ActionRequest['action']]: readonly string[] } = {
  check: ['resource'],
  restart: ['resource'],
  rotate: ['resource'],
  cordon: ['reason'],
  uncordon: [],
  shutdown: ['confirm'],
  panel: ['resource', 'title', 'id', 'row'],
}

function requestIn(body: string): ActionRequest | undefined {
  try {
    const request: unknown = JSON.parse(body)
    if (typeof request !== 'object' || request === null || !('action' in request)) return undefined
    const { action } = request
    if (typeof action !== 'string' || !Object.hasOwn(FIELDS, action)) return undefined
    const complete = FIELDS[action as ActionRequest['action']].every((field) => typeof Reflect.get(request, field) === 'string')
    return complete ? (request as ActionRequest) : undefined
  } catch {
    return undefined
  }
}

function withinPatience(work: Promise<ActionAnswer>, otherwise: string): Promise<ActionAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ ok: true, text: otherwise }), PATIENCE)
    timer.unref()
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
