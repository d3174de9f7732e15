/** An event of the engine about a container. */
export interface EngineEvent {
  readonly action: string
  readonly id: string
  /** The signal of a `kill`. */
  readonly signal?: string
}

/**
 * Reads the event stream of an engine, one JSON object per line, until it ends.
 *
 * @throws the error of the stream.
 */
export function readEvents(stream: NodeJS.ReadableStream, heard: (event: EngineEvent) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const event = parse(line)
        if (event !== undefined) heard(event)
      }
    })
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
