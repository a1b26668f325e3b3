-- Trained models of a data set, each training a version of its kind; which one serves; what was forecast with them.

CREATE TABLE model (
  id {id},
  org BIGINT NOT NULL,
  dataset BIGINT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('sales', 'purchase')),
  number BIGINT NOT NULL, -- from 1 in each data set and kind
  body TEXT NOT NULL, -- the JSON of a training, which is the saved model
  created_at BIGINT NOT NULL,
  created_by BIGINT NOT NULL -- user; 0 = the command line
);
CREATE UNIQUE INDEX model_number ON model (dataset, kind, number);

CREATE TABLE model_choice (
  dataset BIGINT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  org BIGINT NOT NULL,
  active BIGINT NOT NULL, -- model; 0 = none
  threshold BIGINT NOT NULL, -- millionths: the chance from which a customer is taken for a buyer
  PRIMARY KEY (dataset, kind)
);

-- One run over all customers, or over some that were asked for.
CREATE TABLE forecast_run (
  id {id},
  org BIGINT NOT NULL,
  dataset BIGINT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  model BIGINT NOT NULL,
  version BIGINT NOT NULL, -- of the data set
  as_of BIGINT NOT NULL, -- microseconds UTC: what was before is known
  made_at BIGINT NOT NULL,
  whole BIGINT NOT NULL, -- 1: all customers
  ready BIGINT NOT NULL, -- 0 while values are being written
  customers BIGINT NOT NULL,
  total DOUBLE PRECISION NOT NULL -- sum of the values
);
CREATE INDEX forecast_run_of ON forecast_run (dataset, kind, id);

-- Without a reference: a run of a million customers goes in steps.
CREATE TABLE forecast_value (
  run BIGINT NOT NULL,
  customer TEXT NOT NULL,
  value DOUBLE PRECISION NOT NULL, -- an amount, or a chance
  PRIMARY KEY (run, customer)
);
