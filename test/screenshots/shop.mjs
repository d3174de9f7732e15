// A shop as the screenshots show it: the kernel is real, what its resources do is played.
import { once } from 'node:events'
import { createKernel, optional, ref, resource } from '@keelson/kernel'

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
/** Work that is over so long after it was told that it is time to stop. */
function work(ctx, label, ms) {
  void ctx.track(label, () => once(ctx.stopping, 'abort').then(() => sleep(ms)))
}

const monitor = { interval: 250 }
let turn = 0

/** A client of something that answers within about `ms`. */
const client = (_name, team, ms, rest = {}) => ({
  labels: { team },
  async start(_, ctx) {
    await ctx.step('connect', () => sleep(ms * 12))
    return {}
  },
  check: () => sleep(ms * (0.7 + ((turn++ * 7) % 10) / 14)),
  stop: () => sleep(30),
  monitor,
  ...rest,
})

/** @param {{ cut?: boolean }} options whether the search engine goes away after a while */
export function shop({ cut = true } = {}) {
  const config = resource('config', { start: () => sleep(12) })
  const telemetry = resource('telemetry', { dependsOn: { config }, start: () => sleep(60), stop: () => sleep(40) })
  const postgres = resource('postgres', {
    dependsOn: { config },
    ...client('postgres', 'storage', 6),
    async start(_, ctx) {
      await ctx.step('connect', () => sleep(90))
      await ctx.step('migrate', () => sleep(430))
      await ctx.step('warm up', () => sleep(110))
      return {}
    },
  })
  const redis = resource('redis', { dependsOn: { config }, impact: 'degraded', ...client('redis', 'storage', 2) })
  const rabbit = resource('rabbit', { dependsOn: { config }, ...client('rabbit', 'storage', 9) })
  const began = Date.now()
  const search = resource('search', {
    dependsOn: { config },
    impact: 'degraded',
    ...client('search', 'storage', 14),
    async check() {
      await sleep(8 + (turn++ % 9))
      if (cut && Date.now() - began > 6_000) throw new Error('connect ECONNREFUSED 10.4.0.19:9200')
    },
  })
  const mail = resource('mail', {
    dependsOn: { config },
    impact: 'degraded',
    retry: { delay: 350, attempts: 3 },
    ...client('mail', 'notify', 3),
    start: (() => {
      let tries = 0
      return async () => {
        await sleep(60)
        if (++tries < 3) throw new Error('connect ETIMEDOUT 10.4.0.25:587')
        return {}
      }
    })(),
  })
  const leader = resource('leader', {
    dependsOn: { postgres },
    impact: 'none',
    async start(_, ctx) {
      ctx.standBy('shop-7c9d5 leads')
      await once(ctx.signal, 'abort')
    },
  })
  const catalog = resource('catalog', {
    dependsOn: { postgres, redis: optional(redis), search: optional(search) },
    labels: { team: 'catalog' },
    start: () => sleep(45),
  })
  const orders = resource('orders', { dependsOn: { postgres, rabbit }, labels: { team: 'orders' }, start: () => sleep(70) })
  const billing = resource('billing', {
    dependsOn: { rabbit, orders },
    labels: { team: 'orders' },
    timeouts: { drain: 20_000 },
    start(_, ctx) {
      work(ctx, 'job 4711, invoice', 700)
      ctx.counters(() => ({ done: 18_204, failed: 3 }))
      return sleep(25)
    },
    drain: () => sleep(900),
  })
  const mailer = resource('mailer', {
    dependsOn: { rabbit, mail: ref(mail) },
    labels: { team: 'notify' },
    impact: 'degraded',
    start: () => sleep(30),
    drain: () => sleep(200),
  })
  const containers = resource('containers', {
    labels: { team: 'platform' },
    impact: 'none',
    start(_, ctx) {
      ctx.panel({ title: 'Containers', read: containerView, act: () => 'done' })
      return sleep(20)
    },
  })
  const nightly = resource('nightly', {
    dependsOn: { orders, leader: optional(leader) },
    labels: { team: 'orders' },
    start: () => sleep(8),
  })
  const api = resource('api', {
    dependsOn: { catalog, orders },
    after: [telemetry, mailer],
    labels: { team: 'web' },
    timeouts: { drain: 30_000 },
    start(_, ctx) {
      ;['GET /export', 'POST /orders', 'GET /products?page=4'].forEach((label, index) => {
        work(ctx, label, 2_400 - 700 * index)
      })
      return sleep(15)
    },
    check: () => sleep(1),
    drain: () => sleep(1_400),
    monitor,
  })
  const admin = resource('admin', {
    dependsOn: { orders, billing },
    labels: { team: 'web' },
    start: () => sleep(12),
    drain: () => sleep(300),
  })
  return createKernel([api, admin, nightly, containers, mailer, billing], {
    name: 'shop',
    shutdown: { delay: 2_000, timeout: 25_000 },
  })
}

const since = Date.now()

function containerView() {
  const history = (...tones) =>
    tones.map((tone, index) => ({ at: since - (tones.length - index) * 240_000, tone, text: TONE_TEXTS[tone] }))
  const series = (base, wave) => ({
    unit: 'ms',
    values: Array.from({ length: 30 }, (_, index) => base + wave * Math.abs(Math.sin(index * 1.7))),
  })
  const row = (name, tone, status, rest = {}) => ({ id: name, name, tone, status, ...rest })
  const image = (value, up) => [
    { label: 'Image', value },
    { label: 'Up', value: up },
  ]
  return {
    at: Date.now(),
    facts: [
      { label: 'Engine', value: '27.1.1' },
      { label: 'Watched', value: '5 of 12' },
      { label: 'Alerts', value: '1 open' },
    ],
    groups: [
      {
        title: 'Project shop',
        rows: [
          row('shop-web-1', 'ok', 'healthy', {
            facts: image('shop/web:1.42', '3 h'),
            history: history('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok'),
            series: series(3, 4),
          }),
          row('shop-worker-1', 'bad', 'restarting', {
            reason: 'It exited with code 137, out of memory, three times within a minute.',
            facts: image('shop/worker:1.42', '4 s'),
            history: history('ok', 'ok', 'bad', 'ok', 'bad', 'warn', 'bad', 'bad'),
            series: series(8, 60),
            actions: [{ id: 'restart', label: 'Restart', confirm: 'It is stopped and started again.' }],
          }),
          row('shop-search-1', 'warn', 'slow', {
            reason: 'Its check takes 820 ms of the 1 s that it may take.',
            facts: image('elastic:9.1', '3 h'),
            history: history('ok', 'ok', 'ok', 'ok', 'ok', 'warn', 'ok', 'warn'),
            series: series(400, 420),
          }),
          row('shop-postgres-1', 'ok', 'healthy', {
            facts: image('postgres:18', '12 d'),
            history: history('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok'),
            series: series(5, 3),
          }),
          row('shop-mailhog-1', 'idle', 'stopped', { facts: [{ label: 'Image', value: 'mailhog:1.0' }] }),
        ],
      },
    ],
  }
}

const TONE_TEXTS = { ok: 'healthy', warn: 'slow', bad: 'exited with 137' }
