/** Answers requests about the model of a trainer. */
import type { Answers, Request } from '../protocol.ts';
import { drawnCells } from './cells.ts';
import { drawSamples } from './drawSamples.ts';
import type { Trainer } from './trainer.ts';

type About = Extract<Request, { type: 'save' | 'draw-samples' | 'ask-table' | 'fill' | 'picture' }>;

export async function answerOf(trainer: Trainer, request: About): Promise<Answers[About['type']]> {
  switch (request.type) {
    case 'save':
      return trainer.flow.save();
    case 'draw-samples': {
      const { count, seed } = request;
      const { context } = trainer.studio.scene;
      const { columns, cells } = trainer.data;
      const rows = await drawSamples(trainer.flow, count, seed, context);
      return cells === undefined ? { columns, rows } : drawnCells(cells.codec, rows);
    }
    case 'ask-table': {
      const { askTable } = await import('./askTable.ts');
      return askTable(trainer.flow, trainer.data, request.question, trainer.studio.scene.context);
    }
    case 'fill':
      return trainer.fill(request.model);
    case 'picture':
      return trainer.studio.png(request.picture, request.side);
  }
}
