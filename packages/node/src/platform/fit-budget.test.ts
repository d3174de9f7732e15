import { createKernel, type KernelOptions } from '@keelson/kernel'
import { afterEach, expect, it, vi } from 'vitest'
import { budgetNote } from '../narrate/grace.js'
import { fitBudget } from './fit-budget.js'

afterEach(() => void vi.unstubAllEnvs())

function fitted(env: Record<string, string>, shutdown: NonNullable<KernelOptions['shutdown']> = {}) {
  for (const name of ['pm_id', 'NOTIFY_SOCKET', 'KUBERNETES_SERVICE_HOST', 'K_SERVICE', 'FLY_APP_NAME']) {
    vi.stubEnv(name, env[name])
  }
  const kernel = createKernel([], { shutdown })
  const budget = fitBudget(kernel)
  const plan = kernel.plan()
  return { ...plan.shutdown, note: budget && budgetNote(plan.shutdown, budget.grace, budget.ms) }
}

const cloudRun = { K_SERVICE: 'shop' }
const fly = { FLY_APP_NAME: 'shop' }

it('X8 fits the budget to the platform, and says so', () => {
  expect(fitted(cloudRun)).toEqual({
    delayMs: 0,
    timeoutMs: 9_000,
    note: {
      text: 'shutdown.timeout is 9 s: Cloud Run gives 10 s',
      tooLong: false,
      fields: { timeoutMs: 9_000, platform: 'Cloud Run', graceMs: 10_000 },
    },
  })
  expect(fitted(fly).note?.text).toBe('shutdown.timeout is 4 s: Fly gives 5 s (kill_timeout)')
})

it('X8 leaves a budget alone that createKernel() was given, and is silent where the platform may have been told', () => {
  expect(fitted(cloudRun, { timeout: 5_000 })).toEqual({ delayMs: 0, timeoutMs: 5_000, note: undefined })
  expect(fitted(fly, { timeout: 60_000 })).toEqual({ delayMs: 0, timeoutMs: 60_000, note: undefined })
  expect(fitted({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toEqual({ delayMs: 0, timeoutMs: 25_000, note: undefined })
})

it('X8 warns of a budget that the platform will not wait for', () => {
  expect(fitted(cloudRun, { timeout: 60_000 }).note).toMatchObject({
    text: 'shutdown.timeout is 60 s, but Cloud Run kills the process after 10 s: lower it',
    tooLong: true,
  })
  expect(fitted(cloudRun, { delay: 9_000 }), 'a delay that would use it up').toMatchObject({
    delayMs: 9_000,
    timeoutMs: 25_000,
    note: { tooLong: true },
  })
})
