import { describe, expect, it } from 'vitest'
import { keelson } from './keelson.js'

/** What examples/orders reads from its environment. Nothing of it is asked. */
const ORDERS = { DATABASE_URL: 'postgres://orders:secret@db/orders', REDIS_URL: 'redis://redis' }

describe.concurrent('MF1 keelson k8s, systemd and compose', () => {
  it('find the ports of servers and probes, and write a Deployment', async () => {
    const { code, out, err } = await keelson(['k8s', 'examples/orders/src/main.ts', '--json'], ORDERS)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const [deployment, ...more] = JSON.parse(out)
    expect(more).toEqual([])
    const [container] = deployment.spec.template.spec.containers
    expect(container.ports).toEqual([
      { name: 'http', containerPort: 3000 },
      { name: 'probes', containerPort: 9000 },
    ])
    expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'probes' })
    expect(out).not.toContain('secret')
  })

  it('write all that it takes', async () => {
    const { code, out } = await keelson(['k8s', 'examples/quickstart/src/main.ts', '--full', '--image', 'shop:1', '--env', 'A=b'])
    expect(code).toBe(0)
    expect(out.match(/^kind: .*$/gm)).toEqual(['kind: Service', 'kind: Deployment', 'kind: PodDisruptionBudget'])
    expect(out.match(/^---$/gm)).toHaveLength(2)
    expect(out).toContain('image: shop:1')
  })

  it('know what a port speaks', async () => {
    const { out } = await keelson(['k8s', 'examples/grpc/src/main.ts', '--full'])
    expect(out).toMatch(
      /^kind: Service$[\s\S]*^ {4}- name: grpc\n {6}port: 50051\n {6}targetPort: grpc\n {6}appProtocol: kubernetes\.io\/h2c$/m,
    )
    expect(out).toMatch(/^ {14}path: \/readyz\n {14}port: probes$/m)
  })

  it('write a Job for a task that is done at some time, and say so', async () => {
    const job = 'examples/job/src/main.ts'
    const [found, cron, service, unit] = await Promise.all([
      keelson(['k8s', job]),
      keelson(['k8s', job, '--schedule', '0 3 * * *']),
      keelson(['k8s', job, '--kind', 'service']),
      keelson(['systemd', job, '--on-calendar', 'daily', '--main', 'dist/main.js', '--json']),
    ])
    expect(found.out).toMatch(/^# A job: totals ends the service when it is done[\s\S]*^kind: Job$/m)
    expect(cron.out).toMatch(/^kind: CronJob$[\s\S]*^ {2}schedule: 0 3 \* \* \*$/m)
    expect(service.out).toMatch(/^kind: Deployment$/m)
    const [file, timer] = JSON.parse(unit.out)
    expect(file).toEqual({
      file: 'totals.service',
      text: expect.stringMatching(/^Type=oneshot$[\s\S]*^ExecStart=\/usr\/bin\/node dist\/main\.js$/m),
    })
    expect(timer).toEqual({ file: 'totals.timer', text: expect.stringMatching(/^OnCalendar=daily$/m) })
  })

  it('write a unit and a Compose file', async () => {
    const [unit, compose] = await Promise.all([
      keelson(['systemd', 'examples/quickstart/src/main.ts']),
      keelson(['compose', 'examples/quickstart/src/main.ts', '--depends-on', 'db']),
    ])
    expect(unit.out).toMatch(/^Type=notify$[\s\S]*^ExecStart=\/usr\/bin\/node examples\/quickstart\/src\/main\.ts$/m)
    expect(compose.out).toMatch(/^ {6}db:\n {8}condition: service_healthy$/m)
    expect([unit, compose].map(({ code, err }) => ({ code, err }))).toEqual(Array(2).fill({ code: 0, err: '' }))
  })

  it.each([
    [['k8s', 'examples/quickstart/src/main.ts', '--port', 'http'], '--port must be a port from 1 to 65535, not "http"'],
    [['k8s', 'examples/job/src/main.ts', '--schedule', '0 0 3 * * *'], 'Kubernetes has no seconds'],
    [
      ['k8s', 'examples/quickstart/src/main.ts', '--full', '--cpu', 'half'],
      '--cpu must be a quantity such as 250m or 1.5, not "half"',
    ],
    [
      ['k8s', 'examples/quickstart/src/main.ts', '--full', '--memory', '1 GB'],
      '--memory must be a quantity such as 256Mi or 1Gi, not',
    ],
    [
      ['k8s', 'examples/quickstart/src/main.ts', '--full', '--namespace', 'My Shop'],
      '--namespace must be a name of lower case letters',
    ],
    [
      ['k8s', 'examples/quickstart/src/main.ts', '--full', '--image', 'shop: 1'],
      '--image must be an image such as shop:1.4, not',
    ],
    [['compose', 'examples/quickstart/src/main.ts', '--kind', 'cron'], 'it is one of service, job'],
    [['completion', 'csh'], 'there is one for bash, zsh, fish'],
    [['probe', 'ftp://host'], 'is no address to ask'],
  ])('refuse %j', async (args, message) => {
    expect(await keelson(args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) })
  })
})
