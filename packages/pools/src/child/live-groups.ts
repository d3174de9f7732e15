import { signalGroup } from './process-group.js'

/** Called for every process group that begins and ends. */
interface GroupWatcher {
  began(leader: number): void
  ended(leader: number): void
}

/** The process groups that this process has started and that may still run; an `exit` listener kills them. */
class LiveGroups {
  readonly #leaders = new Set<number>()
  readonly #watchers = new Set<GroupWatcher>()
  readonly #onExit = () => {
    for (const leader of this.#leaders) signalGroup(leader, 'SIGKILL')
  }

  add(leader: number): void {
    if (this.#leaders.size === 0) process.on('exit', this.#onExit)
    this.#leaders.add(leader)
    for (const watcher of this.#watchers) watcher.began(leader)
  }

  delete(leader: number): void {
    if (!this.#leaders.delete(leader)) return
    if (this.#leaders.size === 0) process.off('exit', this.#onExit)
    for (const watcher of this.#watchers) watcher.ended(leader)
  }

  /** Calls the watcher for every group, those included that are running already, until the returned function is called. */
  watch(watcher: GroupWatcher): () => void {
    this.#watchers.add(watcher)
    for (const leader of this.#leaders) watcher.began(leader)
    return () => void this.#watchers.delete(watcher)
  }
}

export const liveGroups = new LiveGroups()
