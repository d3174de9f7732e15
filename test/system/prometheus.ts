import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@keelson/test-servers'

export interface Prometheus extends AsyncDisposable {
  /** The answer to a query, by the labels of each series. */
  query(text: string): Promise<readonly { metric: Record<string, string>; value: number }[]>
  /** What is wrong with a query; undefined for nothing. */
  problemOf(text: string): Promise<string | undefined>
}

/** A Prometheus of its own that scrapes one target each second. */
export async function prometheus(target: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-prometheus-'))
  const { host, pathname } = new URL(target)
  const job = [`  - job_name: keelson`, `    metrics_path: ${pathname}`, `    static_configs: [{ targets: ['${host}'] }]`]
  const config = ['global: { scrape_interval: 1s }', 'scrape_configs:', ...job, '']
  writeFileSync(join(folder, 'prometheus.yml'), config.join('\n'))
  const address = `127.0.0.1:${await freePort()}`
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`]
  const child = spawn('prometheus', args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const ask = (text: string) => fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(text)}`)
  return {
    async problemOf(text) {
      const answer = await ask(text)
      return answer.ok ? undefined : await answer.text()
    },
    async query(text) {
      const answer = await ask(text).catch(() => undefined)
      if (!answer?.ok) return []
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** What promtool finds wrong with metrics in the text format; empty when it is clean. */
export function lintMetrics(text: string): string {
  const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  return `${stdout}${stderr}${error ?? ''}`
}
