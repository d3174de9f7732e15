/** The current instance of a resource, followed through restarts. */
export interface Ref<T> {
  /** The instance that runs now; undefined while there is none. */
  readonly current: T | undefined
  /**
   * The instance that runs now.
   *
   * @throws KeelsonError `NOT_STARTED` while there is none.
   */
  get(): T
}
