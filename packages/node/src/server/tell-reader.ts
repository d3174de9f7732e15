const READER = Symbol.for('keelson.reader')

/** Tells who loads an application to read its graph where one of its servers would listen. Wherever it simply runs, nothing. */
export function tellReader(resource: string, port: number | undefined): void {
  const reader = Reflect.get(globalThis, READER) as { knows?(resource: string, what: { port: number }): void } | undefined
  if (port) reader?.knows?.(resource, { port })
}
