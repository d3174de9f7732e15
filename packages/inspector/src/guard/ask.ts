/** A request, whichever way it came. */
export interface Ask {
  readonly method: string
  /** Where the inspector is mounted, such as `/inspector`. */
  readonly mount: string
  /** Below that: `/`, `/events`; empty without a slash at the end. */
  readonly path: string
  /** In lower case; undefined for none. */
  header(name: string): string | undefined
  /** The names of all, in lower case. */
  readonly headerNames: readonly string[]
  /** `1.1`; undefined where it is not known. */
  readonly version: string | undefined
  /** The address of who asks; undefined where it is not known. */
  readonly peer: string | undefined
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** Its body, of at most so many bytes; undefined when it has more. */
  body(most: number): Promise<string | undefined>
}
