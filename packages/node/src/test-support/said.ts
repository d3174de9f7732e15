import type { Entry, Fields, LogLike, Say } from '../narrate/log.js'

/** A logger, and a listener of entries, that keep everything. */
export function keepEntries(): { entries: Entry[]; say: Say; log: LogLike; lines: string[] } {
  const entries: Entry[] = []
  const lines: string[] = []
  const logTo = (level: Entry['level']) => (fields: object, message: string) => {
    lines.push(`${level}: ${message}`)
    entries.push({ level, message, fields: { ...(fields as Fields) } })
  }
  return {
    entries,
    lines,
    say: (entry) => {
      lines.push(`${entry.level}: ${entry.message}`)
      entries.push(entry)
    },
    log: { info: logTo('info'), warn: logTo('warn'), error: logTo('error') },
  }
}
