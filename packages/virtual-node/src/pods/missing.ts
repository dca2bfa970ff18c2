/**
 * Something the pod must have is not there. A container whose environment lacks it is not made (kubelet's reason
 * `CreateContainerConfigError`); one whose volume lacks it waits (`ContainerCreating`, event `FailedMount`).
 */
export class MissingReference extends Error {
  override readonly name = 'MissingReference';
  /** The container whose environment it is; undefined if it is a volume of the pod. */
  readonly container: string | undefined;

  constructor(message: string, container?: string) {
    super(message);
    this.container = container;
  }
}

/** The pod asks for something that no container group has. Only another pod can succeed. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}
