/** Put in by the build. */
declare const KEELSON_VERSION: string | undefined

export function version(): string {
  return typeof KEELSON_VERSION === 'string' ? KEELSON_VERSION : 'sources'
}
