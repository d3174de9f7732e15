import { KeelsonError } from '@keelson/kernel'
import type Docker from 'dockerode'

/**
 * Loads dockerode, which the application installs: some of what that brings along has install scripts, and it is the application that
 * decides whether they run. Nothing here needs them.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is not installed.
 */
export async function loadDockerode(name: string, load = () => import('dockerode')): Promise<typeof Docker> {
  try {
    return (await load()).default
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'ERR_MODULE_NOT_FOUND') throw cause
    const message = `resource "${name}": dockerode is not installed; run: npm install dockerode`
    throw new KeelsonError('INVALID_OPTION', message, { resource: name, details: { package: 'dockerode' }, cause })
  }
}
