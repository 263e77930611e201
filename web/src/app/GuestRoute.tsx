// The citizen's page with the check of the devices: two features that meet here alone.

import GuestCheck from "@/features/check/GuestCheck";
import { GuestPage } from "@/features/guest/GuestPage";

export default function GuestRoute() {
  return <GuestPage Check={GuestCheck} />;
}
