/** An event of the engine about a container. */
export interface EngineEvent {
  readonly action: string
  readonly id: string
  /** The signal of a `kill`. */
  readonly signal?: string
}

/** What the engine sends cannot be read; that its stream is cut, as at its restart, is no such thing. */
export class UnreadableEvents extends Error {}

/** Characters that one line may have; an event has some thousands at most. */
const LONGEST_LINE = 1024 * 1024

/**
 * Reads the event stream of an engine, one JSON object per line, until it ends. What is no event of a container is skipped.
 *
 * @throws the error of the stream; `UnreadableEvents` at a line of more than 1 MiB, after which nothing more is read.
 */
export function readEvents(stream: NodeJS.ReadableStream, heard: (event: EngineEvent) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    /** The beginning of a line, in the pieces in which it came. */
    let begun: string[] = []
    let length = 0
    const read = (text: string) => {
      let from = 0
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        begun.push(text.slice(from, end))
        const event = parse(begun.join(''))
        begun = []
        length = 0
        from = end + 1
        if (event !== undefined) heard(event)
      }
      begun.push(text.slice(from))
      length += text.length - from
      if (length <= LONGEST_LINE) return
      begun = []
      stream.off('data', read).pause()
      reject(new UnreadableEvents('the engine sent an event of more than 1 MiB on one line; its events are asked for anew'))
    }
    stream.setEncoding('utf8')
    stream.on('data', read)
    stream.on('end', resolve).on('close', resolve).on('error', reject)
  })
}

function parse(line: string): EngineEvent | undefined {
  try {
    const { Type, Action, status, Actor, id } = JSON.parse(line)
    const about = Actor?.ID ?? id
    const action = Action ?? status
    if ((Type ?? 'container') !== 'container' || typeof about !== 'string' || typeof action !== 'string') return undefined
    const signal = Actor?.Attributes?.signal
    return { action, id: about, ...(typeof signal === 'string' && { signal }) }
  } catch {
    return undefined // not JSON: skip it, the next listing shows the state
  }
}
