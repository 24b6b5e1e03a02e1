package server

import (
	"context"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/workflow"
)

// ListLetters lists the letters of an application in the order in which they were issued.
func (s *Server) ListLetters(ctx context.Context, req *pb.ListLettersRequest) (*pb.ListLettersResponse, error) {
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken[string](req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	lang, out := callOf(ctx).lang, &pb.ListLettersResponse{}
	err = s.inspect(ctx, req.GetParent(), func(b *bench, a *workflow.Application) error {
		out.Reset()
		list, err := b.reader.Latest(b.agency, issuedLetters(a.ID), after, size+1)
		if err != nil {
			return err
		}
		for i := range list[:min(size, len(list))] {
			one, err := lang.letterOf(b.reader, &list[i])
			if err != nil {
				return err
			}
			out.Letters = append(out.Letters, one)
		}
		if len(list) > size {
			out.NextPageToken = nextToken(req, list[size-1].Object)
		}
		return nil
	})
	return out, within("parent", err)
}

// letterOf renders a letter of which the event is at hand.
func (l language) letterOf(r storage.Reader, e *storage.Event) (*pb.Letter, error) {
	var f letterFacts
	if err := decodeFacts(e, &f); err != nil {
		return nil, err
	}
	a, err := r.Attachment(e.Agency, f.Attachment)
	if err != nil {
		return nil, err
	}
	return l.letterPB(e, &a)
}

// issued finds a letter by the last part of its name.
func (s *Server) issued(ctx context.Context, agency string, id int64) (out *pb.Letter, err error) {
	err = s.store.View(ctx, func(r storage.Reader) error {
		a, err := r.Attachment(agency, id)
		if err != nil {
			return err
		}
		e, err := r.Latest(agency, letterObject(a.Application, a.ID), "", 1)
		if err == nil && len(e) == 0 { // an attachment that is no letter
			return notFound()
		}
		if err == nil {
			out, err = callOf(ctx).lang.letterPB(&e[0], &a)
		}
		return err
	})
	return out, err
}

// DownloadLetter streams an issued letter. That it is read is recorded before the first
// piece.
func (s *Server) DownloadLetter(req *pb.DownloadLetterRequest, stream pb.LetterService_DownloadLetterServer) error {
	ctx := stream.Context()
	agency, text, ok := child(req.GetName(), "letters")
	if !ok {
		return invalid("name", "name应为agencies/{机关}/letters/{文书}，收到“%s”", "name must be agencies/{agency}/letters/{letter}, got %q", req.GetName())
	}
	if err := s.attachmentsKept(); err != nil {
		return err
	}
	head, err := s.issued(ctx, agency, idOf(text))
	if err != nil {
		return err
	}
	a, err := s.recordReading(ctx, agency, idOf(text))
	if err != nil {
		return err
	}
	end := machineTime().Add(s.attachments.Time)
	err = blob.Send(ctx, s.attachments.Blobs, a.Content, func(piece []byte) error {
		if machineTime().After(end) {
			return tooSlow(s.attachments)
		}
		err := stream.Send(&pb.DownloadLetterResponse{Letter: head, Data: piece})
		head = nil
		return err
	})
	return s.lostContent(ctx, &a, err)
}
