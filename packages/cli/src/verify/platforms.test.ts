import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PLATFORMS } from './platforms.js'

const page = readFileSync(new URL('../../../../docs/running-under.md', import.meta.url), 'utf8').split('\n')

it.each([
  ['cloud-run', 'Cloud Run'],
  ['ecs', 'ECS'],
  ['azure-container-apps', 'Azure Container Apps'],
  ['fly', 'Fly'],
  ['nomad', 'Nomad'],
  ['heroku', 'Heroku'],
  ['render', 'Render'],
  ['pm2', 'PM2'],
])('X8 of %s it has what the page says', (name, told) => {
  const row = page.find((line) => line.startsWith(`| ${told} |`))!
  const { graceMs, fills } = PLATFORMS[name]!
  expect(row).toContain(`${graceMs / 1_000} s`)
  expect(row).toContain(`${fills.timeout! / 1_000} s`)
})
