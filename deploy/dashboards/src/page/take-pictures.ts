export async function takePictures(_: {
  prometheus: string;
  span: { start: number; end: number };
  window: string;
  out: string;
}): Promise<string[]> {
  return [];
}
