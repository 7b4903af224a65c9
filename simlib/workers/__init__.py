"""Who works: this process, processes of this machine, or a cluster's machines. What comes out is the same."""
