import type { Writable } from 'node:stream'

/** Streams that hold back what is written until this turn is over. */
const held = new WeakSet<Writable>()

/** Writes what belongs to one turn of the event loop in one piece: a system call for each of many small messages takes most of their time. */
export function writeTogether(stream: Writable, text: string, written?: (error?: Error | null) => void): boolean {
  if (!held.has(stream)) {
    held.add(stream)
    stream.cork()
    process.nextTick(() => {
      held.delete(stream)
      stream.uncork()
    })
  }
  return stream.write(text, written)
}
