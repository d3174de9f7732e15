import type { KernelDefaults } from '@keelson/kernel'

interface PlatformFacts {
  /** How long it waits until it kills, where nobody has said otherwise, in ms. */
  readonly graceMs: number
  /** What `run()` of `@keelson/node` fills in there, where `createKernel()` was given nothing. */
  readonly fills: NonNullable<KernelDefaults['shutdown']>
}

const fitted = (graceMs: number): PlatformFacts => ({ graceMs, fills: { timeout: graceMs - 1_000 } })

/** X8. systemd is none of them: there `run()` asks for more time as it goes. */
export const PLATFORMS: Readonly<Record<string, PlatformFacts>> = {
  kubernetes: { graceMs: 30_000, fills: { delay: 5_000 } },
  docker: fitted(10_000),
  'cloud-run': fitted(10_000),
  ecs: fitted(30_000),
  'azure-container-apps': fitted(30_000),
  fly: fitted(5_000),
  nomad: fitted(5_000),
  heroku: fitted(30_000),
  railway: fitted(30_000),
  render: fitted(30_000),
  pm2: fitted(1_600),
}
