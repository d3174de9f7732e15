import { usageError } from '../cli-error.js'
import type { Option } from './option.js'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** The text of an option as the value that its kind has. */
export function optionValue(name: string, option: Exclude<Option, { kind: 'flag' | 'list' }>, text: string): string | number {
  switch (option.kind) {
    case 'text':
    case 'file':
      if (text === '') throw usageError(`--${name} is empty`)
      return text
    case 'choice':
      if (option.choices.includes(text)) return text
      throw usageError(`--${name} cannot be "${text}"`, `it is one of ${option.choices.join(', ')}`)
    case 'duration':
      return duration(name, text)
    case 'count':
      if (/^\d{1,9}$/.test(text)) return Number(text)
      throw usageError(`--${name} must be a whole number, not "${text}"`)
    case 'percent': {
      const [, number] = /^(\d+(?:\.\d+)?)%?$/.exec(text) ?? []
      if (number !== undefined) return Number(number) / 100
      throw usageError(`--${name} must be a part in percent, such as 20%, not "${text}"`)
    }
    default:
      return option satisfies never
  }
}

function duration(name: string, text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  if (number !== undefined) return Number(number) * UNITS[unit as keyof typeof UNITS]
  throw usageError(`--${name} must be a time such as 30, 30s or 500ms, not "${text}"`)
}
