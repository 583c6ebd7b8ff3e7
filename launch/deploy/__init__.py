"""What lives on in an account: schedules, alerts, storage, roles, as one CloudFormation stack."""
