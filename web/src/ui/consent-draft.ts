// What somebody has filled into a consent form. Pure.

export interface ConsentDraft {
  /** The text that was read. */
  sha256: string;
  name: string;
  picture: boolean;
  sound: boolean;
  /** The text became another one while the form was open. */
  renewed: boolean;
}

/** With the text that holds now: what was ticked was for the one before, the name is still the name. */
export function readAnew(draft: ConsentDraft, sha256: string): ConsentDraft {
  return draft.sha256 === sha256 ? draft : { ...draft, sha256, picture: false, sound: false, renewed: true };
}
