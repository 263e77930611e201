// What went wrong, as the server tells it (RFC 9457, with a stable code and both languages) or as the browser noticed it.

import { pick, type Language } from "./language";

export interface ProblemBody {
  type?: string;
  title?: string;
  status: number;
  code: string;
  detail_zh: string;
  detail_en: string;
  field?: string | null;
  limit?: number | null;
  value?: unknown;
}

export class Problem extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(`${body.code}: ${body.detail_en}`);
    this.name = "Problem";
    this.body = body;
  }

  get status(): number {
    return this.body.status;
  }

  get code(): string {
    return this.body.code;
  }

  get field(): string | null {
    return this.body.field ?? null;
  }

  text(language: Language): string {
    return pick(language, this.body.detail_zh, this.body.detail_en);
  }

  /** No answer came at all. */
  static unreachable(): Problem {
    return new Problem({
      status: 0,
      code: "unreachable",
      detail_zh: "连接不上服务器，请检查网络，恢复后会自动重试",
      detail_en: "the server cannot be reached; check the network, it is tried again by itself",
    });
  }

  /** An answer without a problem body, for example from a proxy in between. */
  static ofStatus(status: number): Problem {
    return new Problem({ status, code: `http_${status}`, detail_zh: `服务器返回 ${status}`, detail_en: `the server answered ${status}` });
  }
}

export function isProblemBody(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "detail_zh" in body && "status" in body;
}

/** What to show for anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new Problem({ status: 0, code: "page_error", detail_zh: `页面出错：${said}`, detail_en: `the page failed: ${said}` });
}
