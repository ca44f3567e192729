/** The key rotation of the network as the client sees it now. */
export interface RotationView {
  /** The id that the present topology gives; reply blocks are made under it. */
  readonly rotation: number;
  /** Whether nodes still accept packets of the rotation before: during its successor's first epoch. */
  readonly previousAccepted: boolean;
}
