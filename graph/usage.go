package graph

import (
	"bytes"
	"context"
	"encoding/base64"

	"fardplan/graph/model"
	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
)

// figuresOf reads the figures of use that are to be taken in. Nothing is read for one who
// may not.
func (r *Resolver) figuresOf(ctx context.Context, input model.UsageImportInput) (eservice.Figures, error) {
	in := eservice.Figures{Overwrite: input.Overwrite, Comment: input.Comment}
	owner, err := r.municipalityByCode(ctx, input.Municipality)
	if err != nil {
		return in, err
	}
	in.Municipality = owner.ID
	if err := r.Policy.Require(ctx, access.ImportUsage, owner.ID); err != nil {
		return in, err
	}
	content, err := fileOf("content", input.Content)
	if err != nil {
		return in, err
	}
	if !eservice.IsStatistics(content) {
		in.Sheet = content
		return in, nil
	}
	from, to := valueIn(input.From), valueIn(input.To)
	if from == nil || to == nil {
		return in, fault.Field("from", "usage_period_missing",
			"Ange den första och den sista dagen som statistiken är hämtad för (from och to).",
			"Give the first and the last day that the statistics were fetched for (from and to).")
	}
	in.From, in.To = *from, *to
	if in.Statistics, err = openeplatform.ReadStatistics(ctx, bytes.NewReader(content)); err != nil {
		return in, atField(err, "content")
	}
	if flows := valueIn(input.Flows); flows != nil {
		list, err := fileOf("flows", *flows)
		if err != nil {
			return in, err
		}
		document, err := openeplatform.Read(ctx, bytes.NewReader(list), "", openeplatform.Options{})
		if err != nil {
			return in, atField(err, "flows")
		}
		in.Flows = document.Flows
	}
	return in, nil
}

// fileOf reads a file that an input holds in base64.
func fileOf(field, text string) ([]byte, error) {
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fault.Field(field, "base64", "Filen ska skickas i base64 (RFC 4648).", "The file is to be sent in base64 (RFC 4648).")
	}
	return content, nil
}

// casesOf gives the cases of a month; nil where there are no figures.
func casesOf(u *eservice.Usage) *int {
	if u == nil {
		return nil
	}
	return &u.Cases
}
