import { statfs } from 'node:fs/promises'
import type { Resource } from '@keelson/kernel'
import { type Check, invalidOption, must } from '../options.js'
import { bytes } from '../words/bytes.js'
import { checkProcessCheck, type Measured, type ProcessCheckOptions, processCheck } from './process-check.js'

export interface DiskSpaceOptions extends ProcessCheckOptions {
  /** A file or folder on the file system in question. */
  path: string
  /** The number of bytes that have to be free for this process. */
  minFree: number
}

const isMinFree: Check = (value) =>
  typeof value === 'number' && value > 0 && value < 1
    ? `must be a number of bytes, not a part of the whole, ${value}`
    : must(typeof value === 'number' && value > 0 && value < Infinity, 'be a number of bytes above 0', value)

/**
 * A resource that is unhealthy while a file system has less space left than `minFree`, for users that are not root. It does not
 * start when `path` cannot be looked up. Its value has the bytes that were free at the last check.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * createKernel([api, diskSpace('uploads-disk', { path: '/var/uploads', minFree: 1e9 })])
 */
export function diskSpace(name = 'disk-space', options: DiskSpaceOptions): Resource<Measured> {
  const where = checkProcessCheck(name, options, {
    path: (value) => must(typeof value === 'string' && value !== '', 'be the path of a file or folder', value),
    minFree: isMinFree,
  })
  const { path, minFree } = options
  if (path === undefined) throw invalidOption(where, 'path', 'is missing; give a file or folder on the disk to watch')
  if (minFree === undefined) throw invalidOption(where, 'minFree', 'is missing; give the bytes that have to be free, such as 1e9')
  return processCheck(name, options, async () => {
    await free(path)
    return {
      measure: () => free(path),
      problem: (left) =>
        left < minFree
          ? `${bytes(left)} are free on the disk of ${path}, less than ${bytes(minFree)}; delete what is not needed, or enlarge it`
          : undefined,
    }
  })
}

async function free(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch (error) {
    throw new Error(`the free space of ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
