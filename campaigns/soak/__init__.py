"""Many runs, one after another: nothing may grow but the count of runs."""
