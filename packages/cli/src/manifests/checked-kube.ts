import { usageError } from '../cli-error.js'

interface Given {
  readonly schedule: string | undefined
  readonly image: string | undefined
  readonly namespace: string | undefined
  readonly cpu: string
  readonly memory: string
}

const RULES: Readonly<Record<Exclude<keyof Given, 'schedule'>, readonly [RegExp, string]>> = {
  image: [/^\S+$/, 'an image such as shop:1.4'],
  namespace: [/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a name of lower case letters, digits and dashes'],
  cpu: [/^(\d+m|\d+(\.\d+)?)$/, 'a quantity such as 250m or 1.5'],
  memory: [/^\d+(\.\d+)?([kMGTPE]|[KMGTPE]i)?$/, 'a quantity such as 256Mi or 1Gi'],
}

/** Throws for values that Kubernetes would refuse. */
export function assertKubeOptions(given: Given): void {
  for (const [name, [form, be]] of Object.entries(RULES)) {
    const value = given[name as keyof Given]
    if (value !== undefined && !form.test(value)) throw usageError(`--${name} must be ${be}, not "${value}"`)
  }
  const { schedule } = given
  if (schedule === undefined || schedule.startsWith('@') || schedule.trim().split(/\s+/).length === 5) return
  throw usageError(
    `--schedule must have five fields, not "${schedule}"`,
    "Kubernetes has no seconds: '0 3 * * *' is every night at three",
  )
}
