// Events, metrics, and the description of this API in two forms.

import type { live } from '../contract/live.ts';
import type { Events } from '../events.ts';
import type { HandlersOf } from '../handler.ts';

export function liveHandlers(events: Events): HandlersOf<typeof live> {
  return {
    async streamEvents({ principal, request }, context) {
      return { answer: '', lines: events.listen(principal, request, context) };
    },

    async getMetrics({ tools }, context) {
      return { answer: await tools.metrics(context) };
    },

    async getStatistics({ tools }, context) {
      const { metrics, policies } = await tools.statistics(context);
      return { answer: { metrics: { ...metrics }, policies: { ...policies } } };
    },

    async getOpenApi() {
      const { openApi } = await import('../openapi.ts');
      return { answer: openApi() };
    },

    async getDocs() {
      const { docsPage } = await import('../docs-page.ts');
      return { answer: docsPage() };
    },

    async getDocsStyle() {
      const { docsStyle } = await import('../docs-page.ts');
      return { answer: docsStyle };
    },
  };
}
