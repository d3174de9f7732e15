import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import type { ContainerLike } from '../engine/docker-like.js'
import { reasonOf } from '../engine/reason-of.js'

/**
 * What a container must answer besides being up: an HTTP status below 400 (the body is not read), an open TCP port, or a command
 * that exits with 0. All are bounded by the monitor's `timeout`; a command that exceeds it goes on running, since the engine cannot end
 * it, so it should limit itself, as `['timeout', '5', 'redis-cli', 'ping']` does. Reasons show neither the credentials and the query of
 * a URL nor the arguments of a command.
 */
export type OwnProbe =
  | { readonly http: string }
  | { readonly tcp: { readonly host: string; readonly port: number } }
  | { readonly exec: readonly string[] }

/** The option that is wrong in a probe, and the problem; undefined for a valid one. */
export function probeProblem(probe: unknown): { readonly option: string; readonly problem: string } | undefined {
  const { http, tcp, exec } = (probe ?? {}) as { http?: unknown; tcp?: { host?: unknown; port?: unknown }; exec?: unknown }
  if (http !== undefined) {
    const fits = typeof http === 'string' && /^https?:/.test(http) && URL.canParse(http)
    return fits ? undefined : { option: 'probe.http', problem: 'must be an http or https URL' }
  }
  if (tcp !== undefined) {
    const { host, port } = tcp ?? {}
    const fits = typeof host === 'string' && host !== '' && Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536
    return fits ? undefined : { option: 'probe.tcp', problem: 'must be { host, port }, with a port from 1 to 65535' }
  }
  const fits = Array.isArray(exec) && exec.length > 0 && exec.every((part) => typeof part === 'string')
  if (exec !== undefined) return fits ? undefined : { option: 'probe.exec', problem: 'must be a command, as a list of strings' }
  return { option: 'probe', problem: 'must be { http }, { tcp } or { exec }, or a function' }
}

/** Resolves to the reason why the probe failed, or to undefined. */
export function ownProbe(probe: OwnProbe, container: ContainerLike, signal: AbortSignal): Promise<string | undefined> {
  if ('http' in probe) return httpProbe(probe.http, signal)
  if ('tcp' in probe) return tcpProbe(probe.tcp.host, probe.tcp.port, signal)
  return execProbe(probe.exec, container, signal)
}

function httpProbe(url: string, signal: AbortSignal): Promise<string | undefined> {
  const { origin, pathname } = new URL(url)
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve(`${origin}${pathname} does not answer: ${reasonOf(error)}`)
    const ask = url.startsWith('https:') ? secureRequest : request
    const asked = ask(url, { agent: false, signal }, (response) => {
      const status = response.statusCode ?? 0
      response.on('error', failed)
      resolve(status < 400 ? undefined : `${origin}${pathname} answers ${status}`)
      asked.destroy() // the body may have no end
    })
    asked.on('error', failed).end()
  })
}

function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    socket.on('connect', () => {
      resolve(undefined)
      socket.destroy()
    })
    socket.on('error', (error) => resolve(`${host}:${port} does not accept connections: ${reasonOf(error)}`))
  })
}

async function execProbe(command: readonly string[], container: ContainerLike, signal: AbortSignal): Promise<string | undefined> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal: signal })
  const output = await exec.start({ abortSignal: signal })
  await new Promise<void>((resolve, reject) => {
    output.on('end', resolve).on('close', resolve).on('error', reject)
    output.resume()
  })
  const { ExitCode } = await exec.inspect({ abortSignal: signal })
  return ExitCode === 0 ? undefined : `its command ${command[0]} ended with code ${ExitCode}`
}
