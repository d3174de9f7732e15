interface Described {
  /** One line for the help. */
  readonly summary: string
  /** A single letter, as in `-h`. */
  readonly short?: string
}

interface Valued extends Described {
  /** What stands for the value in the help: `SECONDS`. */
  readonly value: string
  /** What is taken when it is not given, as one would write it. */
  readonly default?: string
}

/** One option of a command; help, errors and completion read the same row. */
export type Option =
  | (Described & { readonly kind: 'flag' })
  | (Valued & { readonly kind: 'text' | 'file' })
  /** `30`, `30s`, `500ms`, `2m`: milliseconds; a bare number is seconds. */
  | (Valued & { readonly kind: 'duration' })
  /** A whole number, 0 or more. */
  | (Valued & { readonly kind: 'count' })
  /** `20%` or `20`: 0.2. */
  | (Valued & { readonly kind: 'percent' })
  | (Valued & { readonly kind: 'choice'; readonly choices: readonly string[] })
  /** May be given several times. */
  | (Described & { readonly kind: 'list'; readonly value: string })

export type Options = Readonly<Record<string, Option>>

type Given<O extends Option> = O extends { kind: 'flag' }
  ? boolean
  : O extends { kind: 'list' }
    ? readonly string[]
    : O extends { kind: 'choice'; choices: readonly (infer C)[] }
      ? C
      : O extends { kind: 'duration' | 'count' | 'percent' }
        ? number
        : string

/** What a command receives: lists and flags always, others only when they were given or have a default. */
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { kind: 'flag' | 'list' } | { default: string } ? Given<O[K]> : Given<O[K]> | undefined
}
