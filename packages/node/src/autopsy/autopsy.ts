import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import type { Kernel, KernelEventOf, KernelState, ResourceState } from '@keelson/kernel'
import type { Line, Say } from '../narrate/log.js'
import { clearInterval, now, setInterval } from '../time.js'
import { attempt } from '../words/foreign.js'
import { toldText } from '../words/told-text.js'
import { foreignMark } from './autopsy-line.js'
import { FoundMarks } from './found-marks.js'
import { type Mark, readMark, thisWriter, type Writer } from './mark.js'
import { filesOf, MarkFile } from './mark-file.js'
import { unwritten } from './unwritten.js'

/** In ms: how often a mark says that its process still lives. */
const BEAT = 500

/** In characters: of a name, or the reason; and of the names in one state, of which the first is there in any case. */
const LONGEST = 128
const ROOM = 1_000

/**
 * X9: leaves a mark from the beginning of a shutdown to the end of `run()`, with who is stopping and for how long, and tells of those that
 * other processes of this kernel left when they were killed. Writing is done at once, so that the mark is true whenever that happens, and takes
 * little of the time; that it is not possible is told once, and changes nothing else.
 */
export class Autopsy {
  readonly #kernel: Kernel
  #files: readonly string[]
  readonly #say: Say
  readonly #self: Writer = thisWriter()
  readonly #found: FoundMarks
  readonly #atWork = new Map<string, ResourceState>()
  #mark: MarkFile | undefined
  #since = 0
  #reason = ''
  #budget: number | null = null
  #stopped = false
  #exitCode: number | undefined
  #beat: NodeJS.Timeout | undefined
  #warned = false

  constructor(kernel: Kernel, path: string, say: Say) {
    this.#kernel = kernel
    this.#files = filesOf(path)
    this.#say = say
    this.#found = new FoundMarks(this.#kernelName, this.#self, say, (file, error) => this.#unwritten(file, error))
  }

  begin(): void {
    this.#examine()
    this.#kernel.on('kernel:state', this.#onState)
    this.#kernel.on('resource:state', this.#onResource)
    if (!ENDING.has(this.#kernel.state)) return
    for (const { name, state } of this.#kernel.inspect().resources) this.#note(name, state)
    this.#leave('shutdown')
  }

  end(): void {
    this.#kernel.off('kernel:state', this.#onState)
    this.#kernel.off('resource:state', this.#onResource)
    process.off('exit', this.#onExit)
    clearInterval(this.#beat)
    this.#found.end()
    this.#mark?.remove()
    this.#mark = undefined
  }

  #examine(): void {
    const [own = ''] = this.#files
    if (readMark(own) === 'foreign') {
      this.#files = []
      return this.#warn(foreignMark(this.#kernel.name, own))
    }
    this.#tryFolder(own)
    this.#found.examine(this.#files)
  }

  /** What cannot be written is better known at the start than at the end. */
  #tryFolder(path: string): void {
    try {
      accessSync(dirname(path), constants.W_OK)
    } catch (error) {
      this.#unwritten(path, error)
    }
  }

  #unwritten(path: string, error: unknown): void {
    this.#warn(unwritten('the mark of a shutdown of', this.#kernel.name, path, error))
  }

  #warn(line: Line): void {
    if (!this.#warned) this.#say(line)
    this.#warned = true
  }

  readonly #onState = ({ to, reason = 'shutdown' }: KernelEventOf<'kernel:state'>): void => {
    if (ENDING.has(to)) this.#leave(reason)
    else if (this.#mark !== undefined) {
      this.#stopped = true
      this.#mark.touch()
    }
  }

  readonly #onResource = ({ resource, to }: KernelEventOf<'resource:state'>): void => {
    this.#note(resource, to)
    this.#mark?.touch()
  }

  #note(resource: string, state: ResourceState): void {
    if (state === 'draining' || state === 'stopping') this.#atWork.set(resource, state)
    else this.#atWork.delete(resource)
  }

  readonly #onExit = (code: number): void => {
    this.#exitCode = code
    this.#mark?.write()
  }

  #leave(reason: string): void {
    if (this.#mark !== undefined) return
    this.#since = now()
    this.#reason = toldText(reason, LONGEST)
    const budget = attempt(() => this.#kernel.plan().shutdown.timeoutMs) ?? Infinity
    this.#budget = Number.isFinite(budget) ? budget : null
    try {
      this.#mark = MarkFile.create(this.#files, this.#read)
    } catch (error) {
      this.#unwritten(this.#files[0] ?? '', error)
    }
    if (this.#mark === undefined) return
    process.on('exit', this.#onExit)
    this.#beat = setInterval(() => this.#mark?.touch(), BEAT).unref()
  }

  readonly #read = (): Mark => ({
    keelson: 'shutdown',
    kernel: this.#kernelName,
    reason: this.#reason,
    budgetMs: this.#budget,
    afterMs: Math.round(now() - this.#since),
    stopped: this.#stopped,
    draining: this.#namesOf('draining'),
    stopping: this.#namesOf('stopping'),
    count: this.#atWork.size,
    ...(this.#exitCode !== undefined && { exitCode: this.#exitCode }),
    by: this.#self,
  })

  get #kernelName(): string {
    return toldText(this.#kernel.name, LONGEST)
  }

  #namesOf(wanted: ResourceState): string[] {
    const names: string[] = []
    let room = ROOM
    for (const [name, state] of this.#atWork) {
      if (room <= 0) break
      if (state !== wanted) continue
      names.push(toldText(name, LONGEST))
      room -= JSON.stringify(names.at(-1)).length
    }
    return names
  }
}

const ENDING: ReadonlySet<KernelState> = new Set(['draining', 'stopping'])
