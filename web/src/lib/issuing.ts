// Issuing a directive is asked for in many rooms and done in one dialog: a room says what it is about, the shell shows the dialog.

import { Store } from "./store";

export interface Issuing {
  /** The place, for the dialog's head. */
  place: string;
  site_id?: string;
  request_id?: string;
  session_id?: string;
  frame_id?: string;
  /** What is said already. */
  finding?: string;
  /** The first evidence, taken at the moment of asking. */
  picture: Blob | null;
}

export const issuing = new Store<Issuing | null>(null);
