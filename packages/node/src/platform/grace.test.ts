import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { budgetOf, graceOf } from './grace.js'

const page = readFileSync(new URL('../../../../docs/running-under.md', import.meta.url), 'utf8').split('\n')

const here = { pid: 42, ppid: 7, contained: false }

describe('X8 what a platform gives', () => {
  it.each([
    ['Cloud Run', { K_SERVICE: 'shop', K_REVISION: 'shop-1' }, 10_000, 9_000],
    ['Cloud Run', { CLOUD_RUN_JOB: 'nightly' }, 10_000, 9_000],
    ['Cloud Run', { CLOUD_RUN_WORKER_POOL: 'workers' }, 10_000, 9_000],
    ['Fly', { FLY_APP_NAME: 'shop' }, 5_000, 4_000],
    ['Heroku', { DYNO: 'web.1' }, 30_000, 29_000],
    ['ECS', { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x' }, 30_000, 29_000],
    ['ECS', { ECS_CONTAINER_METADATA_URI: 'http://169.254.170.2/v3/x' }, 30_000, 29_000],
    ['Azure Container Apps', { CONTAINER_APP_NAME: 'shop' }, 30_000, 29_000],
    ['Azure Container Apps', { CONTAINER_APP_NAME: 'shop', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 30_000, 29_000],
    ['Railway', { RAILWAY_ENVIRONMENT: 'production' }, 30_000, 29_000],
    ['Railway', { RAILWAY_SERVICE_ID: 'x', RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '60' }, 60_000, 59_000],
    ['Railway', { RAILWAY_SERVICE_ID: 'x', RAILWAY_DEPLOYMENT_DRAINING_SECONDS: 'soon' }, 30_000, 29_000],
    ['Render', { RENDER: 'true' }, 30_000, 29_000],
    ['Nomad', { NOMAD_ALLOC_ID: 'x' }, 5_000, 4_000],
    ['PM2', { pm_id: '0' }, 1_600, 600],
    ['PM2', { pm_id: '0', kill_timeout: '30000' }, 30_000, 29_000],
    ['PM2', { pm_id: '0', kill_timeout: '400' }, 400, 100],
    ['PM2', { pm_id: '0', kill_timeout: '0' }, 1_600, 600],
    ['PM2', { pm_id: '0', kill_timeout: 'Infinity' }, 1_600, 600],
    ['PM2', { pm_id: '0', PM2_KILL_TIMEOUT: '5000' }, 5_000, 4_000],
  ])('%s by %j: %d ms, of which the kernel takes %d', (platform, env, ms, budget) => {
    const grace = graceOf(env, here)
    expect(grace).toMatchObject({ platform, ms })
    expect(budgetOf(grace!)).toBe(budget)
  })

  it.each([
    ['Cloud Run', 'K_SERVICE'],
    ['Fly', 'FLY_APP_NAME'],
    ['Heroku', 'DYNO'],
    ['ECS', 'ECS_CONTAINER_METADATA_URI_V4'],
    ['Azure Container Apps', 'CONTAINER_APP_NAME'],
    ['Railway', 'RAILWAY_SERVICE_ID'],
    ['Render', 'RENDER'],
    ['Nomad', 'NOMAD_ALLOC_ID'],
    ['PM2', 'pm_id'],
  ])('is what the page says: %s', (platform, variable) => {
    const grace = graceOf({ [variable]: 'x' }, here)!
    const row = page.find((line) => line.startsWith(`| ${platform} |`)) ?? ''
    expect(row).toContain(`\`${variable}\``)
    expect(row).toContain(platform === 'Railway' ? 'kills the old one at once' : `${grace.ms / 1_000} s`)
    expect(row).toMatch(new RegExp(`\\b${budgetOf(grace) / 1_000} s`))
    if (grace.setting !== undefined) expect(row).toContain(grace.setting)
    else expect(row).toContain('fixed')
  })

  it('is that of PM2 wherever PM2 runs', () => {
    expect(graceOf({ pm_id: '0', KUBERNETES_SERVICE_HOST: '10.0.0.1', DYNO: 'web.1' }, here)?.platform).toBe('PM2')
  })

  it('is none where the default of the kernel fits, or nothing is known', () => {
    const init = { pid: 1, ppid: 0, contained: true }
    expect(graceOf({}, here)).toBeUndefined()
    expect(graceOf({ K_SERVICE: '', DYNO: '', FLY_APP_NAME: '', RENDER: '' }, here)).toBeUndefined()
    expect(graceOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, init)).toBeUndefined()
    expect(graceOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1', K_SERVICE: 'shop' }, init), 'Knative').toBeUndefined()
    expect(graceOf({ NOTIFY_SOCKET: '/run/systemd/notify' }, init)).toBeUndefined()
    expect(graceOf({ INVOCATION_ID: 'x' }, { ...here, ppid: 1, contained: true })).toBeUndefined()
  })

  it('is what `docker stop` gives to PID 1, and to the child of an init in a container', () => {
    expect(graceOf({}, { pid: 1, ppid: 0, contained: false })).toMatchObject({ platform: 'docker stop', ms: 10_000 })
    expect(graceOf({}, { pid: 7, ppid: 1, contained: true })).toMatchObject({ platform: 'docker stop', ms: 10_000 })
    expect(graceOf({}, { pid: 7, ppid: 1, contained: false }), 'a daemon').toBeUndefined()
    expect(graceOf({}, { pid: 7, ppid: 3, contained: true })).toBeUndefined()
  })
})
