import { iniText } from './ini-text.js'
import type { ServiceFacts } from './service-facts.js'
import { serviceUnit, timerUnit, type UnitOptions } from './systemd-unit.js'

/** A unit file by the name that it is to have. */
export interface UnitFile {
  readonly file: string
  readonly text: string
}

/** The service, and the timer of a job that has one. */
export function unitFiles(facts: ServiceFacts, options: UnitOptions): UnitFile[] {
  const { name, calendar, jobWhy } = options
  const title = `/etc/systemd/system/${name}.service${jobWhy === undefined ? '' : `\n${jobWhy}`}`
  const service = { file: `${name}.service`, text: iniText(serviceUnit(facts, options), title) }
  if (calendar === undefined) return [service]
  return [service, { file: `${name}.timer`, text: iniText(timerUnit(options), `/etc/systemd/system/${name}.timer`) }]
}
