import { reasonOf } from './because.js'
import { wrap } from './wrap.js'

/** One setting of a unit, several of the same name, or none. */
export type IniValue = unknown

export type IniSections = Readonly<Record<string, Readonly<Record<string, IniValue>>>>

const WIDEST = 100

/** A unit of systemd, with the reasons as comments above what they are about. */
export function iniText(sections: IniSections, head?: string): string {
  const title = head === undefined ? [] : [`${comment(head)}\n`]
  return [...title, ...Object.entries(sections).map(([name, settings]) => `[${name}]\n${settingsText(settings)}`)].join('\n')
}

function settingsText(settings: Readonly<Record<string, IniValue>>): string {
  return Object.entries(settings)
    .map(([name, setting]) => {
      const { value, why } = reasonOf(setting)
      if (value === undefined) return ''
      const values = Array.isArray(value) ? value : [value]
      const lines = values.map((each) => `${name}=${each}\n`).join('')
      return why === undefined ? lines : `${comment(why)}\n${lines}`
    })
    .join('')
}

function comment(text: string): string {
  return wrap(text, WIDEST)
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
}
