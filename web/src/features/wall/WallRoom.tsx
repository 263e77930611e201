export default function WallRoom() { return null; }
