import { KeelsonError } from '@keelson/kernel'

// Its types are `export =`, which CommonJS without `esModuleInterop` can only name like this.

/** A client of dockerode. */
export type Docker = import('dockerode')

/** What it connects with. */
export type DockerOptions = import('dockerode').DockerOptions

export type DockerClass = new (options?: DockerOptions) => Docker

/**
 * Loads dockerode, which the application installs: some of what that brings along has install scripts, and it is the application that
 * decides whether they run. Nothing here needs them.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is not installed.
 */
export async function loadDockerode(name: string, load = () => import('dockerode')): Promise<DockerClass> {
  try {
    return (await load()).default
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    const message = `resource "${name}": dockerode is not installed; run: npm install dockerode`
    throw new KeelsonError('INVALID_OPTION', message, { resource: name, details: { package: 'dockerode' }, cause })
  }
}
