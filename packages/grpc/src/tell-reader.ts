const READER = Symbol.for('keelson.reader')

interface Reader {
  knows?(resource: string, what: { readonly port: number; readonly protocol: 'grpc' }): void
}

/** Tells who loads an application to read its graph where the server would listen. Wherever it simply runs, nothing. */
export function tellReader(resource: string, port: number | undefined): void {
  const reader = Reflect.get(globalThis, READER) as Reader | undefined
  if (port) reader?.knows?.(resource, { port, protocol: 'grpc' })
}
